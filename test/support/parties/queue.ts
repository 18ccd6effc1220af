/** Another service that follows change events: a durable queue on RabbitMQ, and a client that takes from it and comes back after an outage. */
import { type ChannelModel, type ConsumeMessage, connect, type Options } from 'amqplib'
import type { ChangeEvent } from '#schemas/change-event.ts'
import type { Test } from '../app.ts'
import type { Rabbitmq } from './rabbitmq.ts'

export const urlOf = ({ port }: Rabbitmq, user = 'guest:guest') => `amqp://${user}@127.0.0.1:${port}`

export interface Queue {
  name: string
  /** What was taken from it, in order. */
  messages: ConsumeMessage[]
  /** The same without repeats, which a receiver knows by their ids. */
  events(): ChangeEvent[]
  /** Begins to take messages. */
  consume(): Promise<void>
}

/** Declares a queue for all events of an exchange. */
export async function declareQueue(
  t: Test,
  rabbit: Rabbitmq,
  exchange: string,
  options: Options.AssertQueue = {},
): Promise<Queue> {
  const name = `all of ${exchange}`
  await briefly(rabbit, async model => {
    const channel = await model.createChannel()
    await channel.assertExchange(exchange, 'topic', { durable: true })
    await channel.assertQueue(name, { durable: true, ...options })
    await channel.bindQueue(name, exchange, '#')
  })
  const messages: ConsumeMessage[] = []
  return {
    name,
    messages,
    events() {
      const ids = new Set<string>()
      return messages.map(({ content }) => JSON.parse(content.toString())).filter(isNew)

      function isNew({ id }: ChangeEvent): boolean {
        return ids.size < ids.add(id).size
      }
    },
    async consume() {
      const setup = async (model: ChannelModel) => {
        const channel = await model.createChannel()
        const take = (message: ConsumeMessage | null) => {
          if (!message) return
          messages.push(message)
          channel.ack(message)
        }
        await channel.consume(name, take)
      }
      const connection = await connect(urlOf(rabbit), { recovery: { setup, maxDelay: 500 } })
      connection.on('error', () => {})
      t.teardown(() => connection.close())
    },
  }
}

/** Does something on a connection of its own. */
export async function briefly(rabbit: Rabbitmq, work: (model: ChannelModel) => Promise<unknown>): Promise<void> {
  const model = await connect(urlOf(rabbit))
  await work(model)
  await model.close()
}
