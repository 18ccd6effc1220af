import type { FastifyInstance } from 'fastify'
import type { UsersQuery } from '#schemas/users.ts'
import { listUsers, type UserFilter } from '#sql/user-list.ts'
import { serialize } from './serialize.ts'

export function lister({ config, db, pagination }: FastifyInstance): FastifyInstance['users']['list'] {
  return async query => {
    const filter = filterOf(query)
    const key = filter.email === undefined ? 'id' : 'email'
    const { limit, after } = key === 'id' ? pagination.readById(query) : pagination.read(query)
    const rows = await listUsers(db, filter, limit + 1, after)
    const { results, next_cursor } = pagination.cut(rows, limit, row => row[key])
    return { results: results.map(row => serialize(row, config.PUBLIC_URL)), next_cursor }
  }
}

function filterOf({ email, access_role, disabled, email_verified }: UsersQuery): UserFilter {
  return {
    ...(email !== undefined && { email: email.toLowerCase() }),
    ...(access_role !== undefined && { access_role }),
    ...(disabled !== undefined && { disabled: disabled ? 1 : 0 }),
    ...(email_verified !== undefined && { email_verified: email_verified ? 1 : 0 }),
  }
}
