/** What an operator can do, by the words of RabbitMQ and of the network. */
const ADVICE: [RegExp, string][] = [
  [/Login was refused/, 'check user and password in AMQP_URL'],
  // The client does not pass on why the broker refuses to open a virtual host.
  [/ConnectionClose|NOT_ALLOWED/, 'check the virtual host in AMQP_URL, and that the user has permissions on it'],
  [/access to exchange .* refused/, 'give the user the permissions configure and write on AMQP_EXCHANGE'],
  [
    /PRECONDITION_FAILED/,
    'an exchange of another kind has this name: choose another AMQP_EXCHANGE, or delete that one, so that a durable topic exchange takes its place',
  ],
  [
    /certificate|SSL|TLS/i,
    'amqps needs the TLS port (5671), and a certificate of a CA that Node knows: NODE_EXTRA_CA_CERTS',
  ],
]

export function adviceOn(reason: string): string {
  return (
    ADVICE.find(([pattern]) => pattern.test(reason))?.[1] ?? 'check that RabbitMQ runs, and host and port in AMQP_URL'
  )
}
