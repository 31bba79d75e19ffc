import { growthExponent } from './statistics.ts'
import type { Curve } from './workload.ts'

const WIDTH = 640
const HEIGHT = 400
const EDGE = { left: 70, right: 170, top: 40, bottom: 50 }
const COLOURS = ['#1f5fa8', '#b5521b', '#2e7d32', '#7b1fa2']

interface Scale {
  (value: number): number
  ticks: number[]
}

/** The curves as SVG, both axes logarithmic: a straight line that rises by one box a box grows in proportion. */
export function plot(title: string, curves: readonly Curve[]): string {
  const points = curves.flatMap((curve) => curve.points)
  const x = scale(doublings(points.map((point) => point.x)), [EDGE.left, WIDTH - EDGE.right])
  const y = scale(decades(points.map((point) => point.y)), [HEIGHT - EDGE.bottom, EDGE.top])
  const right = WIDTH - EDGE.right
  const grid = [
    ...x.ticks.map(
      (tick) => `${line([x(tick), EDGE.top], [x(tick), HEIGHT - EDGE.bottom])}
${text(x(tick), HEIGHT - EDGE.bottom + 18, 'middle', String(tick))}`,
    ),
    ...y.ticks.map(
      (tick) => `${line([EDGE.left, y(tick)], [right, y(tick)])}
${text(EDGE.left - 8, y(tick) + 4, 'end', String(tick))}`,
    ),
  ]
  const drawn = curves.map((curve, index) =>
    draw(curve, { x, y, colour: COLOURS[index % 4] ?? 'black', index }),
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>
${text(WIDTH / 2, 22, 'middle', escaped(title))}
${grid.join('\n')}
${text((EDGE.left + right) / 2, HEIGHT - 10, 'middle', 'students')}
${text(8, EDGE.top - 10, 'start', 'ms')}
${drawn.join('\n')}
</svg>
`
}

function draw(curve: Curve, on: { x: Scale; y: Scale; colour: string; index: number }): string {
  const { colour, index, x, y } = on
  const path = curve.points.map((point) => `${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`).join(' ')
  const label = `${curve.name}: exponent ${growthExponent(curve.points).toFixed(2)}`
  return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>
<text x="${WIDTH - EDGE.right + 8}" y="${EDGE.top + 16 + index * 18}" fill="${colour}">${escaped(label)}</text>`
}

function scale(ticks: number[], [from, to]: readonly [number, number]): Scale {
  const low = Math.log(Math.min(...ticks))
  const high = Math.log(Math.max(...ticks))
  return Object.assign(
    (value: number) => from + ((Math.log(value) - low) / (high - low || 1)) * (to - from),
    {
      ticks,
    },
  )
}

function doublings(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b)
}

function decades(values: readonly number[]): number[] {
  const first = Math.floor(Math.log10(Math.min(...values)))
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(...values))))
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index))
}

function line(from: readonly [number, number], to: readonly [number, number]): string {
  return `<line x1="${from[0]}" y1="${from[1]}" x2="${to[0]}" y2="${to[1]}" stroke="#ddd"/>`
}

function text(x: number, y: number, anchor: 'start' | 'middle' | 'end', words: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}">${words}</text>`
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
