import type { RouteRecordRaw } from 'vue-router'

const KIND = ':kind(rule|list|condition|feature)'

export default [
  { path: '/rules', component: () => import('./RuleList.vue'), meta: { title: ['规则与词表', 'Rules and lists'], needs: ['rules.read'], nav: { group: 'analysis', order: 10 } } },
  { path: '/backtests', component: () => import('./BacktestList.vue'), meta: { title: ['规则回测', 'Back-tests'], needs: ['rules.read'], nav: { group: 'analysis', order: 12 } } },
  { path: '/backtests/:id(\\d+)', component: () => import('./BacktestPage.vue'), props: (route) => ({ id: Number(route.params['id']) }), meta: { title: ['回测结果', 'Back-test'], needs: ['rules.read'] } },
  { path: '/rules/new', component: () => import('./RuleEdit.vue'), meta: { title: ['编写规则', 'Write a rule'], needs: ['rules.write'] } },
  { path: `/rules/${KIND}/:name`, component: () => import('./RulePage.vue'), meta: { title: ['规则', 'Rule'], needs: ['rules.read'] } },
  { path: `/rules/${KIND}/:name/edit`, component: () => import('./RuleEdit.vue'), meta: { title: ['修改规则', 'Edit a rule'], needs: ['rules.write'] } },
] satisfies RouteRecordRaw[]
