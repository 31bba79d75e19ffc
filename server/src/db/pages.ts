/** Everything that `read` gives, a page at a time: the rows after the id of the last one, `size` at the most. */
export async function* pagesById<Id, Row extends { id: Id }>(
  { size, start }: { start: Id; size: number },
  read: (after: Id) => Promise<Row[]>,
): AsyncGenerator<Row[]> {
  for (let after = start; ; ) {
    const page = await read(after)
    yield page
    const last = page.at(-1)
    if (!last || page.length < size) return
    after = last.id
  }
}
