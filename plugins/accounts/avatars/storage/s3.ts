import type { AwsClient } from 'aws4fetch'
import type { AvatarStorage } from '../../../config/avatar-storage.ts'
import type { Storage } from './types.ts'
import { unavailable } from './unavailable.ts'

type Bucket = Extract<AvatarStorage, { bucket: string }>

const TIMEOUT_MS = 5000

/** A bucket of any server that speaks the protocol of S3. @see https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html */
export function s3Storage(
  { bucket, prefix, endpoint, region }: Bucket,
  credentials: { accessKeyId: string; secretAccessKey: string },
): Storage {
  const base = endpoint ? `${endpoint}/${bucket}` : `https://${bucket}.s3.${region}.amazonaws.com`
  let client: Promise<AwsClient> | undefined

  /** @returns undefined for 404 */
  async function send(method: string, name: string, body?: Buffer): Promise<Buffer | undefined> {
    client ??= import('aws4fetch').then(
      ({ AwsClient }) => new AwsClient({ ...credentials, region, service: 's3', retries: 1 }),
    )
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const headers = { 'content-type': 'image/webp' }
    const init = { method, signal, ...(body && { body: new Uint8Array(body), headers }) }
    const response = await (await client).fetch(`${base}/${prefix}${name}`, init).catch(unavailable)
    const bytes = Buffer.from(await response.arrayBuffer().catch(unavailable))
    if (response.ok) return bytes
    if (response.status === 404 && !bytes.includes('NoSuchBucket')) return undefined
    // The reason is an XML document.
    return unavailable(new Error(`${method} at AVATAR_STORAGE: ${response.status} ${bytes.toString('utf8', 0, 300)}`))
  }

  return {
    async write(name, bytes) {
      await send('PUT', name, bytes)
    },
    read: name => send('GET', name),
    async remove(name) {
      await send('DELETE', name)
    },
  }
}
