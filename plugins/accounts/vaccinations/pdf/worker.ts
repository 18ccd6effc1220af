/** Draws a PDF, tagged for screen readers, in a thread of its own. */
import { createRequire } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import PDFDocument from 'pdfkit'
import { type QrModules, qrModules } from '../../health-cards/qr.ts'
import type { Part, PdfContents } from './contents.ts'

/** Embedded: the fonts that PDF readers have know no more than Western European letters. */
const FONT = createRequire(import.meta.url).resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf')

/** Points, as all below. */
const MARGIN = 56
/** Modules of at least 0.8 mm, which phones read from paper. */
const QR_SIZE = 240

const { title, author, language, parts } = workerData as PdfContents
const document = new PDFDocument({
  size: 'A4',
  margin: MARGIN,
  font: FONT,
  lang: language,
  pdfVersion: '1.7',
  tagged: true,
  displayTitle: true,
  info: { Title: title, Author: author },
})
const chunks: Buffer[] = []
document.on('data', (chunk: Buffer) => chunks.push(chunk))
document.on('end', () => parentPort?.postMessage(Buffer.concat(chunks)))

const root = document.struct('Document')
document.addStructure(root)
for (const part of parts) root.add(await element(part))
root.end()
document.end()

async function element(part: Part) {
  if (part.type !== 'Figure')
    return document.struct(part.type, {}, () => {
      document.fontSize(part.size).text(part.text, { paragraphGap: part.gap })
    })
  const modules = await qrModules(part.qr)
  if (document.y + QR_SIZE > document.page.height - MARGIN) document.addPage()
  return document.struct('Figure', { alt: part.alt }, () => draw(modules))
}

/** Runs of dark modules, row by row. */
function draw({ size, isDark }: QrModules): void {
  const { x: left, y: top } = document
  const side = QR_SIZE / size
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      let end = column
      while (end < size && isDark(row, end)) end++
      if (end > column) document.rect(left + column * side, top + row * side, (end - column) * side, side)
      column = end
    }
  document.fill('black')
  document.y = top + QR_SIZE + 8
}
