// A native planner's fault ends the process it is in, so it gets one of its own: the room's only way out of itself.
// oxlint-disable-next-line no-restricted-imports
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { FromPlanner, ToPlanner } from './planner-messages.ts'

/** A thread or process with a planner in it. */
export interface PlannerHost {
  tell(message: ToPlanner): void
  /** Whether waiting for it keeps this process alive. */
  hold(held: boolean): void
  kill(): Promise<void>
}

export interface HostListener {
  onMessage(message: FromPlanner): void
  /** It ended by itself, or could not be started. */
  onGone(cause: Error): void
}

export function startPlannerThread(listener: HostListener, maxMemoryMb: number): PlannerHost {
  const worker = new Worker(new URL('planner-thread.ts', import.meta.url), {
    name: 'planner', resourceLimits: { maxOldGenerationSizeMb: maxMemoryMb }, stdin: false,
  })
  let killed = false
  worker.on('message', (message: FromPlanner) => listener.onMessage(message))
  worker.on('error', (error) => { if (!killed) listener.onGone(error as Error) })
  worker.on('exit', () => { if (!killed) listener.onGone(new Error('the planner thread ended')) })
  return {
    tell: (message) => worker.postMessage(message),
    hold: (held) => {
      if (held) worker.ref()
      else worker.unref()
    },
    kill: async () => {
      killed = true
      worker.ref()
      await worker.terminate()
    },
  }
}

/** A planner is many small objects that live on: the default, which grows from 1 to 16 MiB, copies them more often. */
const SEMI_SPACE_MB = 32
/** What a thread has; the half of what a main thread may have. */
const STACK_KB = 4_000

/**
 * For native planners, whose faults end the process they are in, and for large graphs: building such a planner takes seconds, in which a
 * thread shares the helper threads for garbage and the locks on memory with the one that answers. Here there are none of them.
 */
export function startPlannerProcess(listener: HostListener, maxMemoryMb: number): PlannerHost {
  const child = fork(fileURLToPath(new URL('planner-process.ts', import.meta.url)), [], {
    execArgv: ['--single-threaded', `--stack-size=${STACK_KB}`, `--min-semi-space-size=${SEMI_SPACE_MB}`, `--max-semi-space-size=${SEMI_SPACE_MB}`, `--max-old-space-size=${maxMemoryMb}`], serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  let killed = false
  child.on('message', (message) => listener.onMessage(message as FromPlanner))
  child.on('error', (error) => { if (!killed) listener.onGone(error) })
  child.on('exit', () => { if (!killed) listener.onGone(new Error('the planner process ended')) })
  return {
    tell: (message) => void child.send(message),
    hold: (held) => {
      if (held) {
        child.ref()
        child.channel?.ref()
      } else {
        child.unref()
        child.channel?.unref()
      }
    },
    kill: async () => {
      killed = true
      child.ref()
      if (child.exitCode !== null || child.signalCode !== null) return
      await new Promise<void>((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGKILL')
      })
    },
  }
}
