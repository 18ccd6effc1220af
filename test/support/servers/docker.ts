import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onExit } from './on-exit.ts'

const run = promisify(execFile)

/** Starts a service of compose.yml; `null` without a Docker engine. Pulling an image may take minutes. */
export const startContainer = async (service: 'mysql' | 'redis', containerPort: number) => {
  if (!(await engineAnswers())) return null
  const project = [
    'compose',
    '-p',
    `holocron-test-${service}-${process.pid}`,
    '-f',
    join(import.meta.dirname, 'compose.yml'),
  ]
  const will = onExit('docker "$@" down --volumes --timeout 0', ...project)
  try {
    await run('docker', [...project, 'up', '--detach', '--wait', service])
    const { stdout: address } = await run('docker', [...project, 'port', service, String(containerPort)])
    return { address: address.trim(), discard: () => will.execute() }
  } catch (error) {
    await will.execute()
    throw error
  }
}

const engineAnswers = async () => {
  try {
    await run('docker', ['info'], { timeout: 5_000 })
    await run('docker', ['compose', 'version'], { timeout: 5_000 })
    return true
  } catch {
    return false
  }
}
