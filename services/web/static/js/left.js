// Somebody signed out in this tab: the other tabs look again who is there.
const channel = new BroadcastChannel('needlepoint-session')
channel.postMessage('left')
channel.close()
