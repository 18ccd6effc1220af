/** A small writer of charts as SVG: bars, percentiles and lines, readable on light and dark pages, without a library. */

export interface Bar {
  label: string
  value: number
  /** Said after the value. */
  note?: string
  /** Ours: in the stronger colour. */
  ours?: boolean
}

export interface Spread {
  label: string
  /** From the smallest to the largest, as many as there are names. */
  values: number[]
  ours?: boolean
}

export interface Line {
  label: string
  points: [x: number, y: number][]
}

export interface Axis {
  title: string
  ticks: { at: number; label: string }[]
  logarithmic?: boolean
}

const WIDTH = 760
const ROW = 34
const TOP = 64
const BOTTOM = 46
const LABELS = 170
const RIGHT = 24

const STYLE = `text { font: 13px system-ui, sans-serif; fill: #24292f }
.page { fill: #ffffff } .title { font-size: 16px; font-weight: 600 } .quiet { fill: #57606a; font-size: 12px }
.grid { stroke: #d0d7de } .bar { fill: #8c959f } .ours { fill: #0969da } .line { fill: none; stroke-width: 2.5 } .ray { stroke: #8c959f; stroke-width: 3 }
.ray.ours { stroke: #0969da }
.c0 { stroke: #0969da; fill: #0969da } .c1 { stroke: #bf5700; fill: #bf5700 } .c2 { stroke: #1a7f37; fill: #1a7f37 } .c3 { stroke: #8250df; fill: #8250df } .c4 { stroke: #cf222e; fill: #cf222e }
text[class^=c] { stroke: none } .line[class*=c] { fill: none }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .page { fill: #0d1117 } .quiet { fill: #9198a1 } .grid { stroke: #3d444d } .bar { fill: #6e7681 } .ours { fill: #4493f8 } .ray { stroke: #6e7681 } .ray.ours { stroke: #4493f8 }
.c0 { stroke: #4493f8; fill: #4493f8 } .c1 { stroke: #f0883e; fill: #f0883e } .c2 { stroke: #3fb950; fill: #3fb950 } .c3 { stroke: #ab7df8; fill: #ab7df8 } .c4 { stroke: #f85149; fill: #f85149 }
}`

/** Bars from the left, in the given order. */
export function bars(title: string, subtitle: string, all: Bar[]): string {
  const most = Math.max(...all.map(bar => bar.value))
  const room = WIDTH - LABELS - 190
  const rows = all.map(({ label, value, note = '', ours }, index) => {
    const y = TOP + index * ROW
    const width = Math.max(1, (value / most) * room)
    return [
      text(LABELS - 10, y + 17, label, 'end'),
      `<rect class="${ours ? 'ours' : 'bar'}" x="${LABELS}" y="${y + 2}" width="${width.toFixed(1)}" height="22" rx="2"/>`,
      text(LABELS + width + 8, y + 17, `${short(value)}${note && `  ${note}`}`),
    ].join('')
  })
  return page(title, subtitle, TOP + all.length * ROW + 12, rows)
}

/** A row for each, with a point for every percentile, on a logarithmic axis. */
export function spreads(title: string, subtitle: string, names: string[], all: Spread[], unit: string): string {
  const values = all.flatMap(spread => spread.values).filter(value => value > 0)
  const x = scale(Math.min(...values), Math.max(...values), LABELS + 10, WIDTH - RIGHT - 20, true)
  const bottom = TOP + all.length * ROW
  const rows = all.map(({ label, values, ours }, index) => {
    const y = TOP + index * ROW + 13
    const [first = 0, last = 0] = [values[0], values.at(-1)].map(value => x(value ?? 0))
    const points = values.map((value, rank) => {
      const tip = `<title>${names[rank]}: ${short(value)} ${unit}</title>`
      return `<circle class="${ours ? 'ours' : 'bar'}" cx="${x(value).toFixed(1)}" cy="${y}" r="${7 - rank}">${tip}</circle>`
    })
    const ray = `<line class="ray${ours ? ' ours' : ''}" x1="${first.toFixed(1)}" y1="${y}" x2="${last.toFixed(1)}" y2="${y}"/>`
    return [text(LABELS - 10, y + 4, label, 'end'), ray, ...points].join('')
  })
  const legend = text(
    LABELS,
    bottom + 36,
    `from the largest point to the smallest: ${names.join(', ')}`,
    'start',
    'quiet',
  )
  return page(title, subtitle, bottom + BOTTOM + 4, [...vertical(powers(values), x, bottom, unit), ...rows, legend])
}

/** Lines over a common axis, which begins at 0 upwards; each is named at its end. */
export function lines(title: string, subtitle: string, x: Axis, y: Axis, all: Line[]): string {
  const [left, right, top, bottom] = [64, WIDTH - 180, TOP + 18, 340]
  const toX = scale(x.ticks[0]?.at ?? 0, x.ticks.at(-1)?.at ?? 1, left, right, x.logarithmic)
  const toY = scale(y.ticks[0]?.at ?? 0, y.ticks.at(-1)?.at ?? 1, bottom, top)
  const grid = y.ticks.map(
    ({ at, label }) =>
      `<line class="grid" x1="${left}" x2="${right}" y1="${toY(at)}" y2="${toY(at)}"/>${text(left - 8, toY(at) + 4, label, 'end', 'quiet')}`,
  )
  const feet = x.ticks.map(({ at, label }) => text(toX(at), bottom + 18, label, 'middle', 'quiet'))
  const heights = apart(all.map(({ points }) => toY(points.at(-1)?.[1] ?? 0)))
  const drawn = all.map(({ label, points }, index) => {
    const path = points.map(([px, py]) => `${toX(px).toFixed(1)},${toY(py).toFixed(1)}`).join(' ')
    return `<polyline class="line c${index % 5}" points="${path}"/>${text(right + 10, (heights[index] ?? 0) + 4, label, 'start', `c${index % 5}`)}`
  })
  const names = [
    text(left - 50, top - 12, y.title, 'start', 'quiet'),
    text(right, bottom + 36, x.title, 'end', 'quiet'),
  ]
  return page(title, subtitle, bottom + BOTTOM, [...grid, ...feet, ...drawn, ...names])
}

function page(title: string, subtitle: string, height: number, parts: string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">
<style>${STYLE}</style>
<rect class="page" width="${WIDTH}" height="${height}" rx="6"/>
${text(20, 28, title, 'start', 'title')}${text(20, 46, subtitle, 'start', 'quiet')}
${parts.join('\n')}
</svg>
`
}

function text(x: number, y: number, content: string, anchor = 'start', name = ''): string {
  const attributes = name && ` class="${name}"`
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"${attributes}>${escaped(content)}</text>`
}

function vertical(values: number[], x: (value: number) => number, bottom: number, unit: string): string[] {
  return values.map(
    value =>
      `<line class="grid" x1="${x(value).toFixed(1)}" x2="${x(value).toFixed(1)}" y1="${TOP - 6}" y2="${bottom}"/>${text(x(value), bottom + 16, `${short(value)} ${unit}`, 'middle', 'quiet')}`,
  )
}

/** 1, 2, 5, 10 … between the smallest and the largest. */
function powers(values: number[]): number[] {
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const all = Array.from({ length: 10 }, (_, power) => 10 ** (power - 3)).flatMap(ten => [ten, 2 * ten, 5 * ten])
  return all.filter(value => value >= least && value <= most)
}

function scale(least: number, most: number, from: number, to: number, logarithmic = false): (value: number) => number {
  const of = logarithmic ? Math.log : (value: number) => value
  const span = of(most) - of(least) || 1
  return value => from + ((of(value) - of(least)) / span) * (to - from)
}

/** Labels that would cover each other move down. */
function apart(heights: number[]): number[] {
  const order = heights.map((_, index) => index).sort((a, b) => (heights[a] ?? 0) - (heights[b] ?? 0))
  const moved = [...heights]
  let last = Number.NEGATIVE_INFINITY
  for (const index of order) {
    moved[index] = Math.max(heights[index] ?? 0, last + 16)
    last = moved[index] ?? 0
  }
  return moved
}

/** Three digits say enough. */
function short(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: value >= 100 ? 4 : 3 })
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
