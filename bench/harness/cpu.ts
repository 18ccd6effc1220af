/** CPU time and memory of processes, as the operating system accounts for them (Linux). */
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const MICROSECONDS_PER_TICK = 10_000

/**
 * CPU time a process has used so far (µs): user and kernel, all threads.
 *
 * Read from the scheduler (nanoseconds, `/proc/<pid>/task/<tid>/schedstat`) or, where that is disabled, from `/proc/<pid>/stat` in ticks of 10 ms.
 * Node's threads live as long as the process, so none drops out of the sum.
 * @see https://docs.kernel.org/scheduler/sched-stats.html
 */
export function cpuMicroseconds(pid: number): number {
  if (!existsSync(`/proc/${pid}/task`)) return 0
  const threads = readdirSync(`/proc/${pid}/task`)
  const nanoseconds = threads.reduce((sum, thread) => sum + scheduledNanoseconds(pid, thread), 0)
  return nanoseconds > 0 ? nanoseconds / 1000 : tickedMicroseconds(pid)
}

/** The same including child processes: a primary and its workers. */
export function cpuOfTree(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  return children.reduce((sum, child) => sum + cpuMicroseconds(child), cpuMicroseconds(pid))
}

/** CPU time (µs) used by the whole machine since boot, including what the hypervisor stole. */
export function cpuOfMachine(): number {
  // cpu user nice system idle iowait irq softirq steal
  const [user, nice, system, , , irq, softirq, steal] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '')
    .split(/\s+/)
    .slice(1)
    .map(Number)
  const ticks = [user, nice, system, irq, softirq, steal].reduce<number>((sum, each) => sum + (each ?? 0), 0)
  return ticks * MICROSECONDS_PER_TICK
}

/** Resident memory, RSS (MiB). @see https://docs.kernel.org/filesystems/proc.html */
export function residentMib(pid: number): number {
  return statusMib(pid, 'VmRSS')
}

/** The most it ever was (MiB). */
export function peakResidentMib(pid: number): number {
  return statusMib(pid, 'VmHWM')
}

function statusMib(pid: number, line: string): number {
  return Number(new RegExp(`^${line}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

function scheduledNanoseconds(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0])
  } catch {
    return 0
  }
}

function tickedMicroseconds(pid: number): number {
  // The second field is the command in parentheses and may contain spaces; fields 14 and 15 are utime and stime.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK
}
