/** A sign-up against its hash and transaction [--real] */
import { play } from '../harness/play.ts'
import { signup } from '../scenarios/writes.ts'

export const run = (args: string[]) => play('signup', args, { signup })
