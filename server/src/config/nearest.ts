/** The hint for an unknown name: `; did you mean port?`, or nothing when no known name is near. */
export function hint(name: string, known: readonly string[]): string {
  const distances = known.map((other) => ({ other, distance: distance(plain(name), plain(other)) }))
  const [best] = distances.sort((one, two) => one.distance - two.distance)
  const near = best && best.distance <= Math.max(2, Math.floor(plain(name).length / 3))
  return near ? `; did you mean ${best.other}?` : ''
}

/** Spelling of words apart: `--Base_URL` is as near to `--base-url` as it looks. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '')
}

/** How many letters must be put in, taken out or changed (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (const [at, letter] of [...from].entries()) {
    const next = [at + 1]
    for (const [column, other] of [...to].entries()) {
      const change = (row[column] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(change, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
