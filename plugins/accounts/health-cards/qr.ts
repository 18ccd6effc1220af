/** The QR code of a card. @see https://spec.smarthealth.cards/#encoding-qrs */
import type { QRCodeSegment } from 'qrcode'

/** The longest JWS that one QR code of version 22 holds (characters). */
export const QR_JWS_MAX_LENGTH = 1195

const PREFIX = 'shc:/'

/** Two digits for each character. */
export function numeric(jws: string): string {
  const digits = Array.from(jws, character => String(character.charCodeAt(0) - 45).padStart(2, '0'))
  return PREFIX + digits.join('')
}

/** Digits as digits take a third of the space of bytes. */
function segmentsOf(text: string): QRCodeSegment[] {
  return [
    { data: Buffer.from(PREFIX), mode: 'byte' },
    { data: text.slice(PREFIX.length), mode: 'numeric' },
  ]
}

const OPTIONS = { errorCorrectionLevel: 'L', margin: 4 } as const

/** @param text what `numeric` returned */
export async function qrSvg(text: string): Promise<string> {
  const { toString: draw } = await import('qrcode')
  return draw(segmentsOf(text), { ...OPTIONS, type: 'svg' })
}

export async function qrPng(text: string): Promise<Buffer> {
  const { toBuffer } = await import('qrcode')
  return toBuffer(segmentsOf(text), { ...OPTIONS, type: 'png', scale: 6 })
}

export interface QrModules {
  /** Modules along each side, without a margin. */
  size: number
  isDark(row: number, column: number): boolean
}

export async function qrModules(text: string): Promise<QrModules> {
  const { create } = await import('qrcode')
  const { modules } = create(segmentsOf(text), OPTIONS)
  return { size: modules.size, isDark: (row, column) => modules.get(row, column) === 1 }
}

/** What an SVG shows of it: a square of so many units, and its dark modules as a path. */
export interface QrDrawing {
  size: number
  path: string
}

export async function qrDrawing(text: string): Promise<QrDrawing> {
  const { size, isDark } = await qrModules(text)
  const rows = Array.from({ length: size }, (_, row) => darkRuns(size, column => isDark(row, column)))
  const path = rows.flatMap((runs, row) => runs.map(({ from, length }) => `M${from} ${row}h${length}v1h-${length}z`))
  return { size, path: path.join('') }
}

function darkRuns(size: number, isDark: (column: number) => boolean): { from: number; length: number }[] {
  const runs: { from: number; length: number }[] = []
  for (let column = 0; column < size; column++) {
    const last = runs.at(-1)
    if (!isDark(column)) continue
    if (last && last.from + last.length === column) last.length++
    else runs.push({ from: column, length: 1 })
  }
  return runs
}
