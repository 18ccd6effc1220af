/** The message broker. */
import { Type } from '@sinclair/typebox'

declare module '../schema.ts' {
  interface Topics {
    broker: typeof broker
  }
}

export const broker = {
  AMQP_URL: Type.Optional(
    Type.String({
      pattern: '^amqps?://.+$',
      description:
        'RabbitMQ, to which change events are published: `amqp://user:password@host:5672/virtual-host`; `amqps://…` encrypts the connection. Unset: to none',
    }),
  ),
  AMQP_EXCHANGE: Type.String({
    default: 'holocron.events',
    pattern: '^(?!amq\\.)[A-Za-z0-9._:-]{1,127}$',
    description: 'The durable topic exchange that they are published to, by their types as routing keys',
  }),
}
