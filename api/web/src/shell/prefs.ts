/** What the person at this browser chose: light or dark, and, while the service has no accounts, the name that acts are recorded under. */
import { ref, watch } from 'vue'

export type Theme = 'auto' | 'light' | 'dark'

const stored = localStorage.getItem('risk.theme')
export const theme = ref<Theme>(stored === 'light' || stored === 'dark' ? stored : 'auto')
export const dark = ref(false)
const system = matchMedia('(prefers-color-scheme: dark)')

function apply(): void {
  dark.value = theme.value === 'dark' || (theme.value === 'auto' && system.matches)
  document.documentElement.classList.toggle('dark', dark.value)
  localStorage.setItem('risk.theme', theme.value)
}
watch(theme, apply, { immediate: true })
system.addEventListener('change', apply)

/** The name of whoever sits at this machine; only while there are no accounts. */
export const localName = ref(localStorage.getItem('risk.actor') ?? '')
export const nameTaken = ref(false)
watch(localName, (value) => localStorage.setItem('risk.actor', value))

/** What goes into `X-Actor`: nothing once people sign in. */
export function actorName(): string {
  return nameTaken.value ? '' : localName.value.trim()
}
