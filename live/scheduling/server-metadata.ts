/** Metadata by which a server is found again: the request it was made for, and which attempt made it. */
export const requestKey = 'heps:request';
export const attemptKey = 'heps:attempt';

/** Of the installation whose database has the request. */
export const installationKey = 'heps:installation';
