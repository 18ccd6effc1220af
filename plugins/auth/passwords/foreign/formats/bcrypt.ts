import { bcrypt } from '../algorithms/bcrypt.ts'
import type { Format } from '../foreign-hash.ts'

/** Auth0, Supabase, Devise, Laravel, Spring Security and many others. */
export const bcryptFormat: Format = { name: 'bcrypt ($2b$…)', parse: hash => bcrypt(hash) }
