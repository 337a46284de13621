/** A workflow of 100 tasks such as people write: transitions, conditions, items, retries, templates in most inputs. */
export function hundredTasks(): string {
  const tasks = Array.from({ length: 100 }, (_, number) => {
    const next =
      number < 99
        ? `\n    next:\n      - { when: succeeded(), publish: { last: << result() >> }, do: t${number + 1} }`
        : '';
    const before = number === 0 ? "'start'" : `task.t${number - 1}`;
    switch (number % 4) {
      case 0:
        return `
  - name: t${number}
    description: Fetch the servers of a region
    action: core.set
    input:
      region: << parameters.region >>
      url: "https://<< parameters.host >>/<< workflow.path >>/${number}?limit=<< parameters.limit >>"
      servers: [1, 2, 3]
    retry: { count: 2, delay: 200ms, backoff: exponential }${next}`;
      case 1:
        return `
  - name: t${number}
    when: parameters.limit > ${number} or task.t${number - 1}.region == 'eu'
    action: core.echo
    with-items: << task.t${number - 1}.servers >>
    concurrency: 5
    on-item-failure: continue
    input: { message: "<< index >>: << item >> in << parameters.region >>" }${next}`;
      default:
        return `
  - name: t${number}
    action: core.set
    timeout: 5s
    input:
      before: << ${before} >>
      count: << length(workflow.path) + ${number} >>
      text: "<< parameters.region >>-<< parameters.host >>-${number}"${next}`;
    }
  });
  return `name: hundred
parameters:
  region: { type: string, default: eu }
  host: { type: string, default: api.example.net }
  limit: { type: integer, default: 10, minimum: 1 }
vars: { path: servers, last: null }
tasks:${tasks.join('')}
output: { last: << workflow.last >> }
`;
}
