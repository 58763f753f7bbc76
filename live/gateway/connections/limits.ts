/** Limits on what clients can make large, many or slow. */

export interface GatewayLimits {
  /** Streams and sockets of web applications that are open or being opened. Defaults to 2000. */
  readonly mostOpen: number;
  /** The same of one person. Defaults to 32. */
  readonly mostOpenPerPerson: number;
  /** Connects at once from one address. Defaults to 60: an institute may stand behind one. */
  readonly connectBurst: number;
  /** Connects each second from one address. Defaults to 10. */
  readonly connectPerS: number;
  /** Seconds until a desktop has answered the handshake. Defaults to 10. */
  readonly connectLimitS: number;
  /** Seconds until an answer of the authority must be there. Defaults to 3. */
  readonly authorityLimitS: number;
  /** Seconds between questions whether rights still hold. Defaults to 2. */
  readonly checkIntervalS: number;
  /** Seconds without an answer to these after which all is closed. Defaults to 10. */
  readonly authorityAwayLimitS: number;
  /** Seconds between pings of browsers. Defaults to 30. */
  readonly pingIntervalS: number;
  /** Seconds for which the right to a web application is taken as given. Defaults to 2. */
  readonly appGrantForS: number;
  /** Bytes of a body that goes to a web application. Defaults to 1 GiB. */
  readonly mostAppBodyBytes: number;
  /** Seconds until a web application begins its answer. Defaults to 60. */
  readonly appAnswerLimitS: number;
  /** Seconds without a byte after which a web application's answer is broken off. Defaults to 300. */
  readonly appStallLimitS: number;
}

export const defaultLimits: GatewayLimits = {
  mostOpen: 2000,
  mostOpenPerPerson: 32,
  connectBurst: 60,
  connectPerS: 10,
  connectLimitS: 10,
  authorityLimitS: 3,
  checkIntervalS: 2,
  authorityAwayLimitS: 10,
  pingIntervalS: 30,
  appGrantForS: 2,
  mostAppBodyBytes: 1024 ** 3,
  appAnswerLimitS: 60,
  appStallLimitS: 300,
};
