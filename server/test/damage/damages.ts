/** The stored files of a service, past the service: what an accident or somebody with a shell can do to them. */
export interface Shelf {
  read(key: string): Promise<Buffer>
  /** Puts these bytes in the place of those that are there. */
  write(key: string, bytes: Buffer): Promise<void>
  remove(key: string): Promise<void>
}

export interface Damage {
  name: string
  /** Whether the file has its size still, so that only a digest can tell. */
  keepsSize: boolean
  /** Harms the file; `twin` is another one of the same size. */
  harm(shelf: Shelf, key: string, twin: string): Promise<void>
}

const rewritten = (how: (bytes: Buffer) => Buffer) => async (shelf: Shelf, key: string) =>
  shelf.write(key, how(await shelf.read(key)))

export const DAMAGES: readonly Damage[] = [
  {
    name: 'flipped',
    keepsSize: true,
    harm: rewritten((bytes) => {
      bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1)
      return bytes
    }),
  },
  { name: 'cut', keepsSize: false, harm: rewritten((bytes) => bytes.subarray(0, -1)) },
  { name: 'grown', keepsSize: false, harm: rewritten((bytes) => Buffer.concat([bytes, Buffer.from('x')])) },
  {
    name: 'swapped',
    keepsSize: true,
    async harm(shelf, key, twin) {
      const [one, other] = [await shelf.read(key), await shelf.read(twin)]
      await shelf.write(key, other)
      await shelf.write(twin, one)
    },
  },
  { name: 'gone', keepsSize: false, harm: (shelf, key) => shelf.remove(key) },
]
