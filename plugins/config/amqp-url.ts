/** The URL of RabbitMQ. @see https://www.rabbitmq.com/docs/uri-spec */

export interface AmqpAddress {
  protocol: 'amqp' | 'amqps'
  hostname: string
  port: number
  /** `guest` with the password `guest` where the URL names neither, which RabbitMQ accepts on its own machine only. */
  username: string
  password: string
  vhost: string
}

const FORM = /^(amqps?):\/\/(?:([^@/?#]*)@)?([^/?#@]+?)(?::(\d{1,5}))?(?:\/([^/?#]*))?(\?[^#]*)?$/
const HOST = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)$/

/** @throws Error that says what is wrong, without the URL: it holds a password */
export function parseAmqpUrl(text: string): AmqpAddress {
  const [, scheme = '', credentials, host = '', port, vhost = '', query] = FORM.exec(text) ?? []
  if (!HOST.test(host) || Number(port ?? 1) > 65_535) throw new Error('not a valid URL')
  if (query !== undefined) throw new Error('has parameters, of which none is known')
  const protocol = scheme === 'amqps' ? 'amqps' : 'amqp'
  const [username = '', password = ''] = (credentials ?? 'guest:guest').split(/:(.*)/s).map(decoded)
  return {
    protocol,
    hostname: host.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port ?? (protocol === 'amqps' ? 5671 : 5672)),
    username,
    password,
    vhost: decoded(vhost) || '/',
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Error('not a valid URL')
  }
}
