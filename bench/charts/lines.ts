/** Lines over common axes, each labeled at its end. */
import { type Colors, fixed, page, scale, TOP, text, WIDTH } from './svg.ts'

export interface Line {
  label: string
  points: [x: number, y: number][]
}

export interface Axis {
  title: string
  ticks: { at: number; label: string }[]
  logarithmic?: boolean
}

const COLORS: Colors = {
  '.grid': ['#d0d7de', '#3d444d'],
  '.c0': ['#0969da', '#4493f8'],
  '.c1': ['#bf5700', '#f0883e'],
  '.c2': ['#1a7f37', '#3fb950'],
  '.c3': ['#8250df', '#ab7df8'],
  '.c4': ['#cf222e', '#f85149'],
}
const [LEFT, RIGHT, UPPER, BOTTOM] = [64, WIDTH - 180, TOP + 18, 340]

export function lines(title: string, subtitle: string, x: Axis, y: Axis, all: Line[]): string {
  const toX = scale(rangeOf(x), [LEFT, RIGHT], { logarithmic: x.logarithmic ?? false })
  const toY = scale(rangeOf(y), [BOTTOM, UPPER])
  const grid = y.ticks.map(
    ({ at, label }) =>
      `<path class="grid" d="M${LEFT} ${fixed(toY(at))}H${RIGHT}"/>${text(LEFT - 8, toY(at) + 4, label, { anchor: 'end', name: 'quiet' })}`,
  )
  const ticks = x.ticks.map(({ at, label }) => text(toX(at), BOTTOM + 18, label, { anchor: 'middle', name: 'quiet' }))
  const heights = spreadOut(all.map(({ points }) => toY(points.at(-1)?.[1] ?? 0)))
  const drawn = all.map((line, index) => {
    const path = line.points.map(([px, py]) => `${fixed(toX(px))} ${fixed(toY(py))}`).join('L')
    const label = text(RIGHT + 10, (heights[index] ?? 0) + 4, line.label)
    return `<g class="c${index % 5}"><path stroke-width="2.5" d="M${path}"/>${label}</g>`
  })
  const titles = [
    text(LEFT - 50, UPPER - 12, y.title, { name: 'quiet' }),
    text(RIGHT, BOTTOM + 36, x.title, { anchor: 'end', name: 'quiet' }),
  ]
  return page(title, subtitle, BOTTOM + 46, [...grid, ...ticks, ...drawn, ...titles], COLORS)
}

const rangeOf = ({ ticks }: Axis): [number, number] => [ticks[0]?.at ?? 0, ticks.at(-1)?.at ?? 1]

/** Moves labels down that would overlap. */
function spreadOut(heights: number[]): number[] {
  const order = heights.map((_, index) => index).sort((a, b) => (heights[a] ?? 0) - (heights[b] ?? 0))
  const moved = [...heights]
  let last = Number.NEGATIVE_INFINITY
  for (const index of order) {
    last = Math.max(heights[index] ?? 0, last + 16)
    moved[index] = last
  }
  return moved
}
