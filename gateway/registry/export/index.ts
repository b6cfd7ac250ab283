export { routerConfigs, type ExportedFile, type RouterMesh } from './router-configs.ts'
export { withoutAccessDirectives } from './without-access-directives.ts'
export { withContractAccess } from './with-contract-access.ts'
