import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/index', component: () => import('./IndexBoard.vue'), meta: { title: ['风险指数', 'Risk index'], needs: ['index.read'], nav: { group: 'overview', order: 30 } } },
  { path: '/index/place/:region', component: () => import('./IndexPlace.vue'), props: true, meta: { title: ['地区指数', 'Index of a place'], needs: ['index.read'] } },
  { path: '/index/weights', component: () => import('./IndexWeights.vue'), meta: { title: ['指数权重', 'Index weights'], needs: ['index.read'], nav: { group: 'analysis', order: 70 } } },
  { path: '/credit', component: () => import('./CreditClasses.vue'), meta: { title: ['信用风险分类', 'Credit classes'], needs: ['credit.read'], nav: { group: 'data', order: 60 } } },
  { path: '/plans', component: () => import('./PlanList.vue'), meta: { title: ['双随机抽查', 'Random inspections'], needs: ['plans.read'], nav: { group: 'work', order: 70 } } },
  { path: '/plans/new', component: () => import('./PlanNew.vue'), meta: { title: ['制定抽查计划', 'New inspection plan'], needs: ['plans.write'] } },
  { path: '/plans/:id(\\d+)', component: () => import('./PlanPage.vue'), props: (to) => ({ id: Number(to.params['id']) }), meta: { title: ['抽查计划', 'Inspection plan'], needs: ['plans.read'] } },
] satisfies RouteRecordRaw[]
