// SPDX-License-Identifier: Apache-2.0
export default {
  put: 'What should {place} know?',
} as const;
