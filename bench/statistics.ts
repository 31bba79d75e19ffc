/** The middle value; of an even number the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = ascending(values)
  const middle = sorted.length / 2
  if (Number.isInteger(middle)) return (at(sorted, middle - 1) + at(sorted, middle)) / 2
  return at(sorted, Math.floor(middle))
}

/** The smallest value that at least this share (0 to 1) of all values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  return at(ascending(values), Math.max(0, Math.ceil(values.length * share) - 1))
}

/**
 * How the y of a curve grows with its x: the least-squares slope of log(y) over log(x). 0: not at all, 1: in proportion.
 */
export function growthExponent(points: readonly { x: number; y: number }[]): number {
  const logs = points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }))
  const meanX = mean(logs.map(({ x }) => x))
  const meanY = mean(logs.map(({ y }) => y))
  const above = logs.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0)
  return above / logs.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function ascending(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b)
}

function at(values: readonly number[], index: number): number {
  const value = values[index]
  if (value === undefined) throw new Error('statistics of nothing')
  return value
}
