import { Type } from '@sinclair/typebox'
import { errorCode } from './errors.ts'
import { oneOf } from './ref.ts'

/** None at all is another page to the library. */
export const InteractionParams = Type.Object({
  uid: Type.String({ minLength: 1, maxLength: 64, ...errorCode('not-found') }),
})

export const ConsentForm = Type.Object({ answer: oneOf(['allow', 'deny', 'other']) }, { additionalProperties: false })
