/** Who is signed in and what they may do. The service decides; this only spares people buttons that would be refused. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { api, ok, type Schemas } from '@/api/client'
import { nameTaken } from './prefs'

export const useMe = defineStore('me', () => {
  const me = ref<Schemas['Me'] | null>(null)
  const known = ref(false)

  async function load(): Promise<void> {
    try {
      take((await ok(api.GET('/api/v1/auth/me'))) as Schemas['Me'])
    } catch {
      me.value = null
    } finally {
      known.value = true
    }
  }

  function take(found: Schemas['Me'] | null): void {
    me.value = found
    nameTaken.value = found !== null && found.kind !== 'local'
  }

  async function signIn(name: string, password: string, totp: string): Promise<void> {
    take((await ok(api.POST('/api/v1/auth/sign-in', { body: { name, password, totp } }))) as Schemas['Me'])
  }

  async function signOut(): Promise<void> {
    await ok(api.POST('/api/v1/auth/sign-out'))
    take(null)
  }

  const permissions = computed(() => new Set(me.value?.permissions ?? []))
  /** All of the permissions named; nothing named is allowed to everybody. */
  const can = (...names: string[]) => names.every((name) => permissions.value.has(name))
  /** No accounts yet: whoever sits at this machine. */
  const local = computed(() => me.value?.kind === 'local')
  const has = (role: string) => me.value?.roles.includes(role) ?? false

  /** Whether nothing lies outside of what one may see: what cannot be cut to a place is asked by such people alone. */
  const whole = computed(() => (me.value?.grants ?? null) === null || me.value!.grants!.some(([division, department]) => !division && !department))

  return { whole, me, known, load, take, signIn, signOut, can, has, local }
})
