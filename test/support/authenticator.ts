/** A software authenticator: creates passkeys and signs with them, correctly or with one defect. */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

interface CreationOptions {
  challenge: string
  rp: { id: string }
  user: { id: string }
}

interface RequestOptions {
  challenge: string
  rpId: string
}

/** Deviations from correct behavior. */
export interface Twist {
  origin?: string
  rpId?: string
  challenge?: string
  type?: string
  crossOrigin?: boolean
  /** The flags of the authenticator's data: user present 1, verified 4, may be backed up 8, is backed up 16. */
  flags?: number
  counter?: number
  userHandle?: string | null
  credentialId?: Buffer
  /** Discoverable: usable without typing an e-mail. */
  discoverable?: boolean
  /** The data that is signed. */
  signed?: (data: Buffer) => Buffer
  /** `self`: signed by the passkey's own key, which some send unasked. */
  attestation?: 'self' | { fmt: string; attStmt: Map<unknown, Cbor> }
}

export type Authenticator = ReturnType<typeof authenticator>

const FLAGS = { present: 1, verified: 4, attested: 64 }

/** @param count increment of its counter; 0 for authenticators without one */
export function authenticator(origin: string, count = 0) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const credentialId = randomBytes(32)
  const id = credentialId.toString('base64url')
  let counter = 0
  let userHandle = ''

  return {
    id,

    create(options: CreationOptions, twist: Twist = {}) {
      userHandle = options.user.id
      counter += count
      const key = cose(publicKey)
      const attested = twist.credentialId ?? credentialId
      const authData = Buffer.concat([
        head(
          twist.rpId ?? options.rp.id,
          (twist.flags ?? FLAGS.present | FLAGS.verified) | FLAGS.attested,
          twist.counter ?? counter,
        ),
        Buffer.alloc(16),
        uint16(attested.length),
        attested,
        key,
      ])
      const clientDataJSON = clientData('webauthn.create', origin, options.challenge, twist)
      const signature = sign('sha256', Buffer.concat([authData, hash(clientDataJSON)]), privateKey)
      const self = {
        fmt: 'packed',
        attStmt: new Map<unknown, Cbor>([
          ['alg', -7],
          ['sig', signature],
        ]),
      }
      const { attestation = { fmt: 'none', attStmt: new Map<unknown, Cbor>() } } = twist
      const { fmt, attStmt } = attestation === 'self' ? self : attestation
      const attestationObject = cbor(
        new Map<unknown, Cbor>([
          ['fmt', fmt],
          ['attStmt', attStmt],
          ['authData', authData],
        ]),
      )
      return {
        id,
        rawId: id,
        type: 'public-key',
        authenticatorAttachment: 'platform',
        clientExtensionResults: { credProps: { rk: twist.discoverable ?? true } },
        response: {
          clientDataJSON: clientDataJSON.toString('base64url'),
          attestationObject: attestationObject.toString('base64url'),
          authenticatorData: authData.toString('base64url'),
          transports: ['internal', 'hybrid'],
          publicKeyAlgorithm: -7,
          publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64url'),
        },
      }
    },

    get(options: RequestOptions, twist: Twist = {}) {
      counter += count
      const clientDataJSON = clientData('webauthn.get', origin, options.challenge, twist)
      const authData = head(
        twist.rpId ?? options.rpId,
        twist.flags ?? FLAGS.present | FLAGS.verified,
        twist.counter ?? counter,
      )
      const data = Buffer.concat([authData, hash(clientDataJSON)])
      return {
        id,
        rawId: id,
        type: 'public-key',
        authenticatorAttachment: 'platform',
        clientExtensionResults: {},
        response: {
          clientDataJSON: clientDataJSON.toString('base64url'),
          authenticatorData: authData.toString('base64url'),
          signature: sign('sha256', twist.signed?.(data) ?? data, privateKey).toString('base64url'),
          userHandle: twist.userHandle === undefined ? userHandle : twist.userHandle,
        },
      }
    },
  }
}

const hash = (data: string | Buffer) => createHash('sha256').update(data).digest()

function clientData(type: string, origin: string, challenge: string, twist: Twist): Buffer {
  const { crossOrigin = false } = twist
  return Buffer.from(
    JSON.stringify({
      type: twist.type ?? type,
      challenge: twist.challenge ?? challenge,
      origin: twist.origin ?? origin,
      crossOrigin,
    }),
  )
}

/** The hash of the relying party's id, flags and counter. @see https://www.w3.org/TR/webauthn-3/#sctn-authenticator-data */
function head(rpId: string, flags: number, counter: number): Buffer {
  const rest = Buffer.alloc(5)
  rest.writeUInt8(flags, 0)
  rest.writeUInt32BE(counter, 1)
  return Buffer.concat([hash(rpId), rest])
}

/** An ES256 key. @see https://www.rfc-editor.org/rfc/rfc9053#section-7.1.1 */
function cose(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  const point = [x, y].map(part => Buffer.from(part, 'base64url')) as [Buffer, Buffer]
  return cbor(
    new Map<unknown, Cbor>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, point[0]],
      [-3, point[1]],
    ]),
  )
}

type Cbor = number | string | Buffer | Cbor[] | Map<unknown, Cbor>

/** The part of CBOR that authenticators use. @see https://www.rfc-editor.org/rfc/rfc8949#section-3 */
export function cbor(value: Cbor): Buffer {
  if (typeof value === 'number') return value < 0 ? item(1, -1 - value) : item(0, value)
  if (typeof value === 'string') return Buffer.concat([item(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (Buffer.isBuffer(value)) return Buffer.concat([item(2, value.length), value])
  if (Array.isArray(value)) return Buffer.concat([item(4, value.length), ...value.map(cbor)])
  const entries = [...value].flatMap(([name, inner]) => [cbor(name as Cbor), cbor(inner)])
  return Buffer.concat([item(5, value.size), ...entries])
}

function item(kind: number, size: number): Buffer {
  if (size < 24) return Buffer.from([(kind << 5) | size])
  if (size < 256) return Buffer.from([(kind << 5) | 24, size])
  return Buffer.concat([Buffer.from([(kind << 5) | 25]), uint16(size)])
}

function uint16(number: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(number)
  return bytes
}
