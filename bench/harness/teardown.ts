/** Undoes what a benchmark did, however it ends: nothing is left behind. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

type Undo = () => void | Promise<void>
const undos: Undo[] = []

/** Registers a step to run when the benchmark ends; the last one registered runs first. */
export function teardown(undo: Undo): void {
  undos.push(undo)
}

/** Runs all steps registered so far. */
export async function runTeardown(): Promise<void> {
  for (let undo = undos.pop(); undo; undo = undos.pop()) await undo()
}

/** A temporary folder, removed at the end. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'holocron-bench-'))
  teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
