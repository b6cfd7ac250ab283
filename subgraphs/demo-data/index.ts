export { checkDemoData } from './check-demo-data.ts'
export { makeDemoData, type DemoDataOptions, type DemoDataSummary } from './make-demo-data.ts'
export { DEMO_DATA_VERSION, MANIFEST_FILE, type DemoDataManifest, type ManifestFile } from './manifest.ts'
