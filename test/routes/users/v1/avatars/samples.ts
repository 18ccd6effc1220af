import { AVATAR_TYPES } from '#schemas/avatars.ts'
import { picture } from '../../../../support/pictures.ts'
import type { Samples } from '../../../../support/samples.ts'

/** A picture of the kind, and a PNG as bytes of no kind. */
const kindOf = (type: string) => (type.startsWith('image/') ? type.slice('image/'.length) : 'png')

export default Object.fromEntries(AVATAR_TYPES.map(type => [type, () => picture(kindOf(type))])) satisfies Samples
