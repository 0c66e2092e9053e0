import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/system', component: () => import('./SystemPage.vue'), meta: { title: ['运行维护', 'Operation'], needs: ['system.read'], nav: { group: 'system', order: 1 } } },
  { path: '/duty', component: () => import('./DutyPage.vue'), meta: { title: ['职责与日历', 'Duty and calendar'], needs: ['routing.read'], nav: { group: 'system', order: 2 } } },
  { path: '/accounts', component: () => import('./AccountList.vue'), meta: { title: ['账号与权限', 'Accounts'], needs: ['accounts.read'], nav: { group: 'system', order: 3 } } },
  { path: '/audit', component: () => import('./AuditPage.vue'), meta: { title: ['审计', 'Audit'], needs: ['audit.read'], nav: { group: 'system', order: 4 } } },
] satisfies RouteRecordRaw[]
