// Runs bench/main.ts; what it takes is described there.
import 'jiti/register';

await import('./main.ts');
