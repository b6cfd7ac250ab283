export { buildDomainSdl } from './domain-sdl.ts'
