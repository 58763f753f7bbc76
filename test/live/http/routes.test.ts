import { expect, test } from 'vitest';
import { findRoute, type Route } from '../../../live/http/routes.ts';

const route = (method: Route['method'], path: string): Route => ({
  method,
  path,
  roles: null,
  operation: {},
  answer: () => {},
});
const routes = [
  route('GET', '/desktops'),
  route('GET', '/desktops/{id}'),
  route('POST', '/desktops/{id}/stop'),
  route('PUT', '/desktops/{id}/shares/{person}'),
];

test('parameters stand anywhere in the path, and come decoded and in order', () => {
  const found = findRoute(routes, 'PUT', '/desktops/7/shares/li%20wei');
  expect([found.route.path, found.parameters]).toEqual(['/desktops/{id}/shares/{person}', ['7', 'li wei']]);
  expect(findRoute(routes, 'POST', '/desktops/7/stop').parameters).toEqual(['7']);
  expect(findRoute(routes, 'HEAD', '/desktops').parameters).toEqual([]);
});

test.each(['/desktops/', '/desktops/7/', '/desktops//stop', '/desktops/7/8/9', '/', '/desktops/7/shares/'])(
  '%s is nothing',
  (path) => {
    expect(() => findRoute(routes, 'GET', path)).toThrow('nothing here');
  },
);

test('another method is told which ones there are', () => {
  expect(() => findRoute(routes, 'DELETE', '/desktops/7')).toThrow('expected GET');
  expect(() => findRoute(routes, 'GET', '/desktops/%zz')).toThrow('percent encoding');
});
