/** Horizontal bars, in the given order. */
import { type Colors, fixed, LABELS, page, ROW, short, TOP, text, WIDTH } from './svg.ts'

export interface Bar {
  label: string
  value: number
  /** Printed after the value. */
  note?: string
  highlight?: boolean
}

const COLORS: Colors = { '.bar': ['#8c959f', '#6e7681'], '.ours': ['#0969da', '#4493f8'] }

export function bars(title: string, subtitle: string, all: Bar[]): string {
  const max = Math.max(...all.map(bar => bar.value))
  const room = WIDTH - LABELS - 190
  const rows = all.map(({ label, value, note = '', highlight }, index) => {
    const y = TOP + index * ROW
    const width = Math.max(1, (value / max) * room)
    return [
      text(LABELS - 10, y + 17, label, { anchor: 'end' }),
      `<rect class="${highlight ? 'ours' : 'bar'}" x="${LABELS}" y="${y + 2}" width="${fixed(width)}" height="22" rx="2"/>`,
      text(LABELS + width + 8, y + 17, `${short(value)}${note && `  ${note}`}`),
    ].join('')
  })
  return page(title, subtitle, TOP + all.length * ROW + 12, rows, COLORS)
}
