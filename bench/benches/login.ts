/** A login against raw argon2id verifications [--real] */
import { play } from '../harness/play.ts'
import { login } from '../scenarios/login.ts'

export const run = (args: string[]) => play('login', args, { login })
