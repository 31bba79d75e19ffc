import { stat } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectNothingStored, newWorld, type World } from './bad-input.ts'
import { CALLS, file, form, part, post, type Sent, value } from './legacy-forms.ts'
import { stored } from './stored.ts'

const MAX = 100_000
let world: World

beforeAll(async () => {
  world = await newWorld({ NBEX_MAX_BUFFER_SIZE: String(MAX) })
})
afterAll(() => world.service.close())

/** What is sent for the call's field, and the answer. */
const REFUSED: [what: string, sent: (field: string) => Sent, answer: string][] = [
  ['nothing', () => ({ body: Buffer.alloc(0), type: '' }), '412 invalid'],
  ['JSON', () => ({ body: Buffer.from('{}'), type: 'application/json' }), '412 invalid'],
  ['broken JSON', () => ({ body: Buffer.from('{'), type: 'application/json' }), '412 invalid'],
  ['the bare file', () => ({ body: Buffer.from('x'), type: 'application/gzip' }), '412 invalid'],
  [
    'an urlencoded form',
    () => ({ body: Buffer.from('a=b'), type: 'application/x-www-form-urlencoded' }),
    '412 invalid',
  ],
  [
    'a form without a boundary',
    (field) => ({ body: form(file(field)), type: 'multipart/form-data' }),
    '412 invalid',
  ],
  [
    'another boundary than it says',
    (field) => ({ body: form(file(field)), type: 'multipart/form-data; boundary=b' }),
    '412 invalid',
  ],
  ['a form without parts', () => ({ body: form() }), '412 invalid'],
  ['the file as a field', (field) => ({ body: form(value(field, 'file')) }), '412 invalid'],
  ['a field that is not text', (field) => ({ body: form(value('x', '\ufffd'), file(field)) }), '400 invalid'],
  ['two files', (field) => ({ body: form(file(field), file(field)) }), '400 invalid'],
  [
    'two files with fields between',
    (field) => ({ body: form(file(field), value('a', 'b'), file(field)) }),
    '400 invalid',
  ],
  ['an empty file', (field) => ({ body: form(file(field, '')) }), '200 invalid'],
  ['a file without its end', (field) => ({ body: form(file(field)).subarray(0, -8) }), '400 invalid'],
  ['a file without any end', (field) => ({ body: file(field) }), '400 invalid'],
  [
    'a file beyond the limit',
    (field) => ({ body: form(file(field, Buffer.alloc(MAX + 1))) }),
    '400 too_large',
  ],
  [
    '2 000 parts',
    (field) => ({ body: form(...Array<Buffer>(2000).fill(value('a', '')), file(field)) }),
    '400 invalid',
  ],
  ['a field of 5 kB', (field) => ({ body: form(value('a', 'x'.repeat(5000)), file(field)) }), '400 invalid'],
  [
    'fields of 20 kB',
    (field) => ({ body: form(...[...'abcde'].map((a) => value(a, 'x'.repeat(4000))), file(field)) }),
    '400 invalid',
  ],
  ['a field __proto__', (field) => ({ body: form(value('__proto__', 'x'), file(field)) }), '400 invalid'],
  ['NUL in a field', (field) => ({ body: form(value('course_id', 'b\0o'), file(field)) }), '400 invalid'],
  [
    'another course in a field',
    (field) => ({ body: form(value('course_id', 'chem'), file(field)) }),
    '400 invalid',
  ],
  ['a parameter twice', (field) => ({ body: form(file(field)), query: '&course_id=chem' }), '400 invalid'],
]

describe.each(CALLS)('the form of POST $path', (call) => {
  test.each(REFUSED)('with %s is refused and leaves nothing', async (_, sent, answer) => {
    await expectNothingStored(world.service, async () => {
      expect(await post(world.service, call.path, sent(call.field))).toBe(answer)
    })
  })

  test('with the file in another field is refused and leaves nothing', async () => {
    await expectNothingStored(world.service, async () => {
      const answers = await Promise.all(
        ['file', '', 'Assignment', 'x'.repeat(200)].map((name) =>
          post(world.service, call.path, { body: form(file(name)) }),
        ),
      )
      const refusal = call.field === 'feedback' ? '412 invalid' : '400 invalid'
      expect(answers).toEqual(answers.map(() => refusal))
    })
  })

  test('with a file that has no file name carries no file, whatever is in it', async () => {
    const bytes = Buffer.from([0x1f, 0x8b, 0, 255, 254, 10])
    await expectNothingStored(world.service, async () => {
      expect(await post(world.service, call.path, { body: form(file(call.field, bytes, '')) })).toBe(
        '412 invalid',
      )
    })
  })

  test('with a part header of a megabyte loses the header, not the file', async () => {
    const content = `long header ${call.path}`
    const long = `; filename="a"\r\nX: ${'x'.repeat(2 ** 20)}`
    expect(await post(world.service, call.path, { body: form(file(call.field, content, long)) })).toBe('ok')
    const { files } = await stored(world.service)
    const sizes = await Promise.all(files.map(async (path) => (await stat(path)).size))
    expect(sizes).toContain(content.length)
  })

  const filenames = [
    ...['../../../x.html', '/etc/passwd', 'C:\\x', '🎈.gz', 'a;b.gz', "a'b", 'x'.repeat(5000)].map(
      (name) => `; filename="${name}"`,
    ),
    "; filename*=UTF-8''%2e%2e%2fx",
    '; filename=a',
    '; filename=" "',
  ]

  test.each(filenames)(
    'takes the file whatever it is called, and calls it otherwise: %.40s',
    async (filename) => {
      const before = await stored(world.service)
      const content = `called ${filename.slice(0, 40)} by ${call.path}`
      expect(await post(world.service, call.path, { body: form(file(call.field, content, filename)) })).toBe(
        'ok',
      )
      const made = (await stored(world.service)).files.filter((path) => !before.files.includes(path))
      expect(made.map((path) => path.replace(world.service.directory, ''))).toEqual([
        expect.stringMatching(/^\/storage\/1\/(released|submitted|feedback)\/[0-9a-f]{2}\/[0-9a-f-]{36}$/),
      ])
    },
  )

  test('takes the file of exactly the limit, of any type, before or after the fields', async () => {
    const typed = part(
      `Content-Disposition: form-data; name="${call.field}"; filename="a"\r\nContent-Type: text/html`,
      `typed ${call.path}`,
    )
    expect(
      await post(world.service, call.path, { body: form(file(call.field, Buffer.alloc(MAX, call.path))) }),
    ).toBe('ok')
    expect(await post(world.service, call.path, { body: form(typed) })).toBe('ok')
    expect(
      await post(world.service, call.path, {
        body: form(value('course_id', 'bio'), file(call.field, `after ${call.path}`)),
      }),
    ).toBe('ok')
    expect(
      await post(world.service, call.path, {
        body: form(file(call.field, `before ${call.path}`), value('x', 'y')),
      }),
    ).toBe('ok')
  })
})
