/** Installs a package of the benchmarks from its lock file. */
import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'

export function install(folder: string): void {
  console.log(`npm ci --prefix ${folder}`)
  // Node's own folder first in PATH, so that npm runs on this Node.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env.PATH}` }
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--prefix', folder], { env, stdio: 'inherit' })
  if (npm.status !== 0) throw new Error(`npm ci --prefix ${folder} failed`)
}
