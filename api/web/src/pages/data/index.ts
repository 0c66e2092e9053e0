/** What other areas may use of this one. */
export { default as MatterLine } from './MatterLine.vue'
