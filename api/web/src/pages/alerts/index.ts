/** What other areas may use of this one. */
export { useUrlFilters, dayFrom, dayUntil, queryOf } from './url'
export { useOffices } from './offices'
export { default as EventLine } from './EventLine.vue'
export { stepWords } from './steps'
export { channelWords } from './channels'
export { default as UnmaskButton } from './UnmaskButton.vue'
import './rows.css'
