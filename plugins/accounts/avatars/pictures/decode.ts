import sharp, { type Metadata } from 'sharp'

/** What precedes the bytes of a picture. */
export interface Task {
  /** Bytes. */
  length: number
  /** Width and height of the squares to make of it (pixels). */
  sizes: number[]
}

export type Problem = 'kind' | 'pixels' | 'damaged'

/** The pictures in the order of the sizes, or what is wrong. */
export type Answer = { pictures: Uint8Array[] } | { problem: Problem }

/** Pixels. */
const MAX = 50_000_000
/** Of what is decoded as a whole, at up to 8 bytes a pixel. */
const MAX_WHOLE = 25_000_000
/** Of AVIF, which takes 18 bytes a pixel: that of its Baseline profile. @see https://aomediacodec.github.io/av1-avif/#baseline-profile */
const MAX_AVIF = 8_912_896
/** Of the longer side to the shorter one. */
const MAX_RATIO = 20
/** Seconds. */
const TIMEOUT = 10

const KINDS = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif']

sharp.cache(false)
sharp.concurrency(1)
// Everything else that libvips can read stays shut: SVG with its scripts and references, TIFF, PDF, files by name.
sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({ operation: KINDS.map(kind => `VipsForeignLoad${kind}Buffer`) })

/**
 * Makes square pictures of one that somebody sent: upright, its middle, in the colors of screens, without anything else that the file had. Of an
 * animation it is the first frame.
 */
export async function decode(input: Buffer, sizes: number[]): Promise<Answer> {
  const metadata = await sharp(input, { limitInputPixels: false })
    .metadata()
    .catch(() => undefined)
  if (!metadata || (metadata.format === 'heif' && metadata.compression !== 'av1')) return { problem: 'kind' }
  if (!isBounded(metadata)) return { problem: 'pixels' }
  try {
    return { pictures: await squares(input, sizes) }
  } catch {
    return { problem: 'damaged' }
  }
}

/** Before a pixel is decoded. */
function isBounded({ width, height, format, isProgressive }: Metadata): boolean {
  const isWhole = isProgressive || format === 'gif' || format === 'webp'
  const max = format === 'heif' ? MAX_AVIF : isWhole ? MAX_WHOLE : MAX
  return width * height <= max && Math.max(width, height) <= MAX_RATIO * Math.min(width, height)
}

async function squares(input: Buffer, sizes: number[]): Promise<Uint8Array[]> {
  const largest = Math.max(...sizes)
  const { data, info } = await sharp(input, { limitInputPixels: MAX, failOn: 'truncated' })
    .timeout({ seconds: TIMEOUT })
    .autoOrient()
    .resize(largest, largest, { fit: 'cover' })
    .raw()
    .toBuffer({ resolveWithObject: true })
  const raw = { width: info.width, height: info.height, channels: info.channels }
  return Promise.all(sizes.map(size => sharp(data, { raw }).resize(size, size).webp({ quality: 85 }).toBuffer()))
}
