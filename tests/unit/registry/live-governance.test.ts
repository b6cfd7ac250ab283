import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createLog } from '../../../gateway/main.ts'
import { LiveGovernance } from '../../../gateway/wiring/live-governance.ts'
import { eventually } from '../../testkit/eventually.ts'

describe('governance.yaml', () => {
  it('holds as it is changed, with its environment; one that is not right, empty or gone changes nothing and is told', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'polyseme-governance-'))
    const file = join(folder, 'governance.yaml')
    const lines: string[] = []
    await writeFile(file, 'severities: { key-present: info }\nallowedRegions: [eu]\n')
    using live = await LiveGovernance.open({ file, environment: 'production', log: createLog((line) => lines.push(line)) })
    const severity = (): unknown => live.current.policy.severities['key-present']
    expect([severity(), live.current.allowedRegions]).toEqual(['info', ['eu']])
    await writeFile(file, 'severities: { key-present: info }\nenvironments: { production: { severities: { key-present: off } } }\n')
    await eventually(async () => expect(severity()).toBe('off'))
    expect(live.current.allowedRegions).toBeUndefined()
    for (const [text, says] of [['severities: { no-such-rule: error }\n', 'there is no rule'], ['', 'empty or gone'], ['a: [', 'the rules before stay']] as const) {
      lines.length = 0
      await writeFile(file, text)
      await live.refresh()
      expect(severity()).toBe('off')
      expect(lines.join('\n')).toContain(says)
    }
    lines.length = 0
    await live.refresh()
    expect(lines).toEqual([])
    await rm(file)
    await live.refresh()
    expect(lines.join('\n')).toContain('empty or gone')
    await writeFile(file, 'severities: { key-present: warning }\n')
    await live.refresh()
    expect(severity()).toBe('warning')
    await rm(folder, { recursive: true })
  })
})
