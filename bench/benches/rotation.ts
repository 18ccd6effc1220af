/** A rotation of tokens against its bare transaction [--real] */
import { play } from '../harness/play.ts'
import { rotation } from '../scenarios/writes.ts'

export const run = (args: string[]) => play('rotation', args, { rotation })
