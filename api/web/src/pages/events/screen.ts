import { onScopeDispose, ref, type Ref } from 'vue'

/** Whether the window fits a media query, now and as it changes. */
export function useMediaQuery(query: string): Readonly<Ref<boolean>> {
  const list = matchMedia(query)
  const fits = ref(list.matches)
  const heard = () => (fits.value = list.matches)
  list.addEventListener('change', heard)
  onScopeDispose(() => list.removeEventListener('change', heard))
  return fits
}
