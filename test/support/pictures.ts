/** Pictures to upload: what cameras and programs write, and what attackers do. */
import { crc32, deflateSync } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'

const KINDS: Record<string, (picture: Sharp) => Sharp> = {
  jpeg: picture => picture.jpeg(),
  png: picture => picture.png(),
  webp: picture => picture.webp(),
  gif: picture => picture.gif(),
  avif: picture => picture.avif({ effort: 0 }),
}

/** Its left half is red, its right half is blue. */
export function picture(kind: string, width = 64, height = 64): Promise<Buffer> {
  const half = { create: { width: width >> 1, height, channels: 3 as const, background: 'blue' } }
  const whole = sharp({ create: { width, height, channels: 3, background: 'red' }, limitInputPixels: false })
  const both = whole.composite([{ input: half, left: width >> 1, top: 0 }])
  return (KINDS[kind] as (picture: Sharp) => Sharp)(both).toBuffer()
}

/** As a phone that was held sideways writes it: where it was, and which way is up. */
export function photo(): Promise<Buffer> {
  const gps = { GPSLatitudeRef: 'N', GPSLatitude: '59/1 54/1 0/1', GPSLongitudeRef: 'E', GPSLongitude: '10/1 45/1 0/1' }
  return sharp({ create: { width: 200, height: 100, channels: 3, background: 'red' } })
    .composite([{ input: { create: { width: 100, height: 100, channels: 3, background: 'blue' } }, left: 100, top: 0 }])
    .withExif({ IFD0: { Copyright: 'Leia Organa' }, IFD3: gps })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer()
}

/** An animation: red, then blue. */
export async function animation(kind: 'gif' | 'webp'): Promise<Buffer> {
  const frames = ['red', 'blue'].map(background =>
    sharp({ create: { width: 64, height: 64, channels: 3, background } })
      .png()
      .toBuffer(),
  )
  const animated = sharp(await Promise.all(frames), { join: { animated: true } })
  return kind === 'gif' ? animated.gif().toBuffer() : animated.webp().toBuffer()
}

/** A PNG whose header says more than there is. */
export function pngOf(
  width: number,
  height: number,
  pixels: Buffer = Buffer.alloc(0),
  { interlaced = false } = {},
): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([1, 0, 0, 0, interlaced ? 1 : 0], 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** The color in the middle of the left and of the right half: `red`, `blue` or something else. */
export async function colorsOf(bytes: Buffer): Promise<string[]> {
  const { data, info } = await sharp(bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  return [1, 3].map(quarter => {
    const at = ((info.height >> 1) * info.width + ((info.width * quarter) >> 2)) * 3
    const [red = 0, green = 0, blue = 0] = data.subarray(at, at + 3)
    if (green > 60) return `${red} ${green} ${blue}`
    return red > 200 && blue < 60 ? 'red' : blue > 200 && red < 60 ? 'blue' : `${red} ${green} ${blue}`
  })
}

/** What a browser sends for a form with a file. */
export async function formWith(
  fields: Record<string, string | Buffer>,
): Promise<{ payload: Buffer; headers: { 'content-type': string } }> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields))
    if (typeof value === 'string') form.set(name, value)
    else form.set(name, new Blob([new Uint8Array(value)], { type: 'image/png' }), 'me.png')
  const encoded = new Response(form)
  const type = encoded.headers.get('content-type') ?? ''
  return { payload: Buffer.from(await encoded.arrayBuffer()), headers: { 'content-type': type } }
}
