import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/sign-in', component: () => import('./SignIn.vue'), meta: { title: ['登录', 'Sign in'], bare: true, open: true } },
  { path: '/account', component: () => import('./AccountPage.vue'), meta: { title: ['我的账号', 'My account'] } },
] satisfies RouteRecordRaw[]
