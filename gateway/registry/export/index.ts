export { routerConfigs, type ExportedFile, type RouterMesh } from './router-configs.ts'
export { withoutAccessDirectives } from './without-access-directives.ts'
