/** A row for each series, with a point for every percentile, on a logarithmic axis. */
import { type Colors, fixed, LABELS, page, ROW, scale, short, TOP, text, WIDTH } from './svg.ts'

export interface Percentiles {
  label: string
  /** In ascending order, one for each name. */
  values: number[]
  highlight?: boolean
}

const COLORS: Colors = {
  '.grid': ['#d0d7de', '#3d444d'],
  '.bar': ['#8c959f', '#6e7681'],
  '.ours': ['#0969da', '#4493f8'],
}
const RIGHT = 44
const BOTTOM = 50

export function percentiles(
  title: string,
  subtitle: string,
  names: string[],
  all: Percentiles[],
  unit: string,
): string {
  const values = all.flatMap(series => series.values).filter(value => value > 0)
  const range: [number, number] = [Math.min(...values), Math.max(...values)]
  const x = scale(range, [LABELS + 10, WIDTH - RIGHT], { logarithmic: true })
  const bottom = TOP + all.length * ROW
  const grid = ticks(range).map(
    value =>
      `<path class="grid" d="M${fixed(x(value))} ${TOP - 6}V${bottom}"/>${text(x(value), bottom + 16, `${short(value)} ${unit}`, { anchor: 'middle', name: 'quiet' })}`,
  )
  const rows = all.map(({ label, values, highlight }, index) => {
    const y = TOP + index * ROW + 13
    const points = values.map(
      (value, rank) =>
        `<circle cx="${fixed(x(value))}" cy="${y}" r="${7 - rank}"><title>${names[rank]}: ${short(value)} ${unit}</title></circle>`,
    )
    return `${text(LABELS - 10, y + 4, label, { anchor: 'end' })}<g class="${highlight ? 'ours' : 'bar'}">${points.join('')}</g>`
  })
  const legend = text(LABELS, bottom + 36, `from the largest point to the smallest: ${names.join(', ')}`, {
    name: 'quiet',
  })
  return page(title, subtitle, bottom + BOTTOM, [...grid, ...rows, legend], COLORS)
}

/** 1, 2, 5, 10 … within the range. */
function ticks([min, max]: [number, number]): number[] {
  const all = Array.from({ length: 10 }, (_, power) => 10 ** (power - 3)).flatMap(ten => [ten, 2 * ten, 5 * ten])
  return all.filter(value => value >= min && value <= max)
}
