// app.device: where a request comes from, as sessions and events keep it.
import fp from 'fastify-plugin'
import type { Device } from '#sql/sessions.ts'

declare module 'fastify' {
  interface FastifyInstance {
    device(request: FastifyRequest): Device
  }
}

/** What the column holds (characters). */
const USER_AGENT_MAX = 512

export default fp(
  async app => {
    app.decorate('device', request => ({
      user_agent: request.headers['user-agent']?.slice(0, USER_AGENT_MAX) ?? null,
      ip: app.address(request),
    }))
  },
  { name: 'device', dependencies: ['address'] },
)
