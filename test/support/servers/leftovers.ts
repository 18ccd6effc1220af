import { createConnection, type RowDataPacket } from 'mysql2/promise'

/** Drops the suite's databases that a crashed run left behind: those whose tables are all older than any run. */
export const dropLeftovers = async (serverUrl: string): Promise<void> => {
  const connection = await createConnection(serverUrl)
  const [leftovers] = await connection.query<RowDataPacket[]>(
    `SELECT table_schema AS name FROM information_schema.tables WHERE table_schema LIKE 'holocron\\_test\\_%'
     GROUP BY table_schema HAVING MAX(create_time) < NOW() - INTERVAL 3 HOUR`,
  )
  for (const { name } of leftovers) await connection.query('DROP DATABASE IF EXISTS ??', [name])
  await connection.end()
}
