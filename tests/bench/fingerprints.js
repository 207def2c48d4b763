async () => {
  const told = {};
  const ask = async (name, look) => {
    try { told[name] = await look(); } catch (problem) { told[name] = `erro: ${problem.name}`; }
    if (told[name] === undefined) told[name] = 'undefined';
  };
  const soon = (promise, ms = 2000) => Promise.race([promise, new Promise((done) => setTimeout(done, ms, 'sem resposta'))]);

  for (const name of ['userAgent', 'appVersion', 'platform', 'vendor', 'productSub', 'language', 'languages', 'webdriver',
    'hardwareConcurrency', 'deviceMemory', 'maxTouchPoints', 'pdfViewerEnabled', 'doNotTrack', 'cookieEnabled', 'onLine']) {
    await ask(`navigator.${name}`, () => { const value = navigator[name]; return Array.isArray(value) ? [...value] : value; });
  }
  await ask('navigator.plugins', () => [...navigator.plugins].map(({ name }) => name));
  await ask('navigator.mimeTypes', () => [...navigator.mimeTypes].map(({ type }) => type));
  await ask('navigator.connection', () => [navigator.connection?.effectiveType, navigator.connection?.rtt]);
  await ask('userAgentData.brands', () => navigator.userAgentData.brands.map(({ brand, version }) => `${brand} ${version}`));
  await ask('userAgentData, o resto', async () => {
    const { brands, fullVersionList, ...rest } = await navigator.userAgentData.getHighEntropyValues(
      ['architecture', 'bitness', 'model', 'platformVersion', 'uaFullVersion', 'fullVersionList', 'wow64', 'formFactors']);
    return { ...rest, fullVersionList: fullVersionList.map(({ brand, version }) => `${brand} ${version}`) };
  });
  await ask('window.chrome', () => (typeof chrome === 'undefined' ? 'undefined' : Object.keys(chrome)));

  for (const name of ['notifications', 'geolocation', 'camera', 'microphone', 'midi', 'clipboard-read', 'clipboard-write',
    'persistent-storage', 'background-sync', 'screen-wake-lock', 'accelerometer', 'storage-access', 'local-fonts']) {
    await ask(`permissions ${name}`, async () => (await navigator.permissions.query({ name })).state);
  }
  await ask('Notification.permission', () => Notification.permission);
  await ask('Notification.requestPermission()', () => soon(Notification.requestPermission()));

  for (const kind of ['webgl', 'webgl2']) {
    await ask(kind, () => {
      const context = document.createElement('canvas').getContext(kind);
      if (!context) return null;
      const info = context.getExtension('WEBGL_debug_renderer_info');
      return [context.getParameter(info.UNMASKED_VENDOR_WEBGL), context.getParameter(info.UNMASKED_RENDERER_WEBGL)];
    });
  }
  await ask('WebGPU', async () => (navigator.gpu ? String(await soon(navigator.gpu.requestAdapter())) : 'undefined'));
  await ask('canvas 2D', async () => {
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d');
    context.font = '18px sans-serif';
    context.fillText('Olá 🙂 fi ffl', 4, 40);
    const bytes = new TextEncoder().encode(canvas.toDataURL());
    return [...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))].slice(0, 6).map((one) => one.toString(16)).join('');
  });
  await ask('emoji', () => {
    const context = document.createElement('canvas').getContext('2d');
    context.font = '18px sans-serif';
    return [context.measureText('🙂').width, context.measureText('Olá').width];
  });
  await ask('AudioContext', async () => {
    const context = new OfflineAudioContext(1, 4410, 44100);
    const tone = context.createOscillator();
    tone.connect(context.destination);
    tone.start();
    const buffer = await context.startRendering();
    return [buffer.getChannelData(0).slice(100, 110).reduce((sum, one) => sum + one, 0), new AudioContext().sampleRate];
  });

  const types = ['video/mp4; codecs="avc1.42E01E"', 'audio/mp4; codecs="mp4a.40.2"', 'video/mp4; codecs="hvc1.1.6.L93.B0"',
    'video/webm; codecs="vp8"', 'video/webm; codecs="vp9"', 'video/mp4; codecs="av01.0.05M.08"', 'audio/ogg; codecs="opus"',
    'audio/mpeg', 'audio/wav', 'audio/aac'];
  for (const type of types) {
    await ask(`codec ${type}`, () => [document.createElement('video').canPlayType(type), MediaSource.isTypeSupported(type)]);
  }
  await ask('MediaRecorder', () => ['audio/ogg; codecs=opus', 'audio/webm; codecs=opus', 'video/webm; codecs=vp9', 'video/mp4']
    .map((type) => MediaRecorder.isTypeSupported(type)));
  await ask('WebRTC vídeo', () => [...new Set(RTCRtpReceiver.getCapabilities('video').codecs.map(({ mimeType }) => mimeType))]);
  await ask('WebRTC áudio', () => [...new Set(RTCRtpReceiver.getCapabilities('audio').codecs.map(({ mimeType }) => mimeType))]);
  await ask('Widevine', () => soon(navigator.requestMediaKeySystemAccess('com.widevine.alpha',
    [{ videoCapabilities: [{ contentType: 'video/mp4; codecs="avc1.42E01E"' }] }]).then(() => 'sim', ({ name }) => name)));
  await ask('enumerateDevices', async () => (await soon(navigator.mediaDevices.enumerateDevices())).length);
  await ask('getUserMedia', () => soon(navigator.mediaDevices.getUserMedia({ audio: true }).then(() => 'sim', ({ name }) => name)));
  await ask('speechSynthesis', () => speechSynthesis.getVoices().length);

  await ask('screen', () => [screen.width, screen.height, screen.availWidth, screen.availHeight, screen.colorDepth]);
  await ask('janela', () => [outerWidth, outerHeight, innerWidth, innerHeight, devicePixelRatio, screenX, screenY]);
  await ask('visibilidade', () => [document.visibilityState, document.hasFocus()]);
  for (const query of ['(pointer: fine)', '(hover: hover)', '(prefers-color-scheme: dark)', '(prefers-reduced-motion: reduce)',
    '(color-gamut: p3)']) {
    await ask(`CSS ${query}`, () => matchMedia(query).matches);
  }
  await ask('fuso e idioma', () => { const { timeZone, locale } = Intl.DateTimeFormat().resolvedOptions(); return [timeZone, locale]; });
  await ask('limite do heap', () => performance.memory?.jsHeapSizeLimit);
  await ask('storage.persist', () => soon(navigator.storage.persist()));
  await ask('storage.estimate', async () => (await navigator.storage.estimate()).quota > 1e9);
  await ask('getBattery', async () => { const { charging, level } = await soon(navigator.getBattery()); return [charging, level]; });
  await ask('share', () => typeof navigator.share);
  await ask('service worker', () => soon(navigator.serviceWorker.getRegistrations().then(({ length }) => length)));
  await ask('nomes de window', () => Object.getOwnPropertyNames(window).sort());
  await ask('nomes de navigator', () => Object.getOwnPropertyNames(Navigator.prototype).sort());
  await ask('nomes de CSS', () => [...getComputedStyle(document.body)].sort());
  await ask('alert responde só', () => { const began = performance.now(); alert('x'); return performance.now() - began < 500; });
  return JSON.stringify(told);
}
